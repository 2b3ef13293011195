{#
    Queueing formulas in closed form: logarithms instead of factorials, so that nothing overflows, and sums of as many terms as a load needs instead of
    recursion. A load is in Erlangs, times are in mean handle times.
#}

{# ln n!, by Stirling's series at n + 8, whose error is below 3e-10 for every n. #}
{% macro log_factorial(number) -%}
    {%- set shifted = '(' ~ number ~ ' + 8)' -%}
    ({{ shifted }} * ln({{ shifted }}) - {{ shifted }} + 0.5e0 * ln(6.283185307179586e0 * {{ shifted }})
    + 1e0 / (12e0 * {{ shifted }}) - 1e0 / (360e0 * power({{ shifted }}, 3)) + 1e0 / (1260e0 * power({{ shifted }}, 5))
    - ln(
        {%- for step in range(1, 9) %}({{ number }} + {{ step }}e0){{ ' * ' if not loop.last }}{% endfor -%}
    ))
{%- endmacro %}

{# The probability that a Poisson variable with a mean is a number. #}
{% macro poisson_probability(number, mean) -%}
    exp({{ number }} * ln({{ mean }}) - {{ mean }} - {{ log_factorial(number) }})
{%- endmacro %}

{# Nodes and weights of Gauss and Legendre with 16 points on (-1, 1): Abramowitz and Stegun, table 25.4. #}
{% macro legendre_nodes() -%}
    {%- set half = [
        (0.09501250983763744, 0.1894506104550685),
        (0.2816035507792589, 0.1826034150449236),
        (0.45801677765722737, 0.16915651939500254),
        (0.6178762444026438, 0.14959598881657674),
        (0.755404408355003, 0.12462897125553388),
        (0.8656312023878318, 0.09515851168249279),
        (0.9445750230732326, 0.062253523938647894),
        (0.9894009349916499, 0.027152459411754096),
    ] -%}
    {%- set nodes = [] -%}
    {%- for node, weight in half -%}{%- do nodes.append((node, weight)) -%}{%- do nodes.append((-node, weight)) -%}{%- endfor -%}
    {{ return(nodes) }}
{%- endmacro %}

{# An integral over neighbouring panels, each from bound `<bounds>_0` to `<bounds>_1`, and so on. `integrand` has `$` for the variable. #}
{% macro integral(integrand, bounds, panels) -%}
    {%- for panel in range(panels) %}
    {%- set low, high = bounds ~ '_' ~ panel, bounds ~ '_' ~ (panel + 1) %}
    + ({{ high }} - {{ low }}) / 2 * (
        {%- for node, weight in legendre_nodes() %}
        + {{ weight }}e0 * {{ integrand | replace('$', '(' ~ low ~ ' + (' ~ high ~ ' - ' ~ low ~ ') * ' ~ (1 + node) / 2 ~ 'e0)') }}
        {%- endfor %}
    )
    {%- endfor %}
{%- endmacro %}
