-- One row per KPI: its names, definition, what it needs, and the texts for readers.
select
    cast(catalogue.kpi_id as {{ dbt.type_string() }}) as kpi_id,
    cast(catalogue.name_en as {{ dbt.type_string() }}) as name_en,
    cast(catalogue.name_fr as {{ dbt.type_string() }}) as name_fr,
    cast(catalogue.domain as {{ dbt.type_string() }}) as domain,
    cast(catalogue.unit as {{ dbt.type_string() }}) as unit,
    cast(catalogue.better as {{ dbt.type_string() }}) as better,
    cast(catalogue.kind as {{ dbt.type_string() }}) as kind,
    cast({{ dbt.split_part('catalogue.multiplier', "'/'", 1) }} as double)
    / coalesce(cast(nullif({{ dbt.split_part('catalogue.multiplier', "'/'", 2) }}, '') as double), 1) as multiplier,
    cast(catalogue.numerator as {{ dbt.type_string() }}) as numerator_measure,
    cast(catalogue.denominator as {{ dbt.type_string() }}) as denominator_measure,
    cast(catalogue.date_role as {{ dbt.type_string() }}) as date_role,
    cast(catalogue.scopes as {{ dbt.type_string() }}) as scopes,
    cast(catalogue.raw_tables as {{ dbt.type_string() }}) as raw_tables,
    cast(catalogue.source as {{ dbt.type_string() }}) as source,
    cast(catalogue.definition_en as {{ dbt.type_string() }}) as definition_en,
    cast(catalogue.definition_fr as {{ dbt.type_string() }}) as definition_fr,
    {%- for text in ['question', 'counted', 'left_out', 'elsewhere', 'pitfalls'] %}{% for language in ['en', 'fr'] %}
    cast(guide.{{ text }}_{{ language }} as {{ dbt.type_string() }}) as {{ text }}_{{ language }},
    {%- endfor %}{% endfor %}
    cast(guide.other_readings as {{ dbt.type_string() }}) as other_readings
from {{ ref('kpi_catalogue') }} as catalogue
left join {{ ref('kpi_guide') }} as guide
    on catalogue.kpi_id = guide.kpi_id
