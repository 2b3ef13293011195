{# What Twilio writes of a leg, wherever a call meets one. #}

{# Whether an address is a worker's: no telephone number, but a client or a device of the account. #}
{% macro twilio_is_of_worker(address) -%}
    ({{ address }} like 'client:%' or {{ address }} like 'sip:%')
{%- endmacro %}

{# Branches of a case: what became of an attempt that reached nobody. #}
{% macro twilio_outcomes_of_attempt(status, answered_by) -%}
    when {{ answered_by }} like 'machine%' or {{ answered_by }} = 'fax' then 'answering_machine'
    when {{ status }} = 'busy' then 'busy'
    when {{ status }} = 'no-answer' then 'no_answer'
    when {{ status }} = 'canceled' then 'agent_abandoned'
    when {{ status }} = 'failed' then 'failed'
{%- endmacro %}
