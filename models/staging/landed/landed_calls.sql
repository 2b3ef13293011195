-- One row per landed row. An outcome must be one of its direction's.
{%- set of_inbound = ['abandoned', 'abandoned_ivr', 'voicemail', 'callback_requested', 'self_served', 'overflowed', 'timed_out', 'closed'] %}
{%- set of_outbound = ['answering_machine', 'no_answer', 'busy', 'invalid_number', 'agent_abandoned', 'dialer_dropped'] %}
{%- set outcome_of_the_other_direction -%}
    (typed.direction = 'inbound' and typed.outcome in ('{{ of_outbound | join("', '") }}'))
    or (typed.direction = 'outbound' and typed.outcome in ('{{ of_inbound | join("', '") }}'))
{%- endset %}
{{ landed('calls', more_checks=[('value not allowed: outcome', outcome_of_the_other_direction)]) }}
