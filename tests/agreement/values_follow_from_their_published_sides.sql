-- A published value is the dictionary's multiplier times the published numerator over the published denominator, and null when that is 0 or unknown.
select
    kpi_values.kpi_id,
    kpi_values.grain,
    kpi_values.period_start,
    kpi_values.scope_type,
    kpi_values.scope_id,
    kpi_values.numerator,
    kpi_values.denominator,
    kpi_values.value,
    catalogue.multiplier
from {{ ref('kpi_values') }} as kpi_values
left join {{ ref('kpi_dictionary') }} as catalogue
    on kpi_values.kpi_id = catalogue.kpi_id
where
    {{ is_full_refresh_or_touched('values', ['kpi_values.grain', 'kpi_values.period_start']) | indent(4) }}
    and (
        catalogue.kpi_id is null
        or (
            catalogue.kind in ('count', 'ratio', 'distinct')
            and kpi_values.value is distinct from case
                when catalogue.denominator_measure is null
                    then cast(catalogue.multiplier as double) * cast(kpi_values.numerator as double)
                when kpi_values.denominator <> 0
                    then cast(catalogue.multiplier as double) * cast(kpi_values.numerator as double) / cast(kpi_values.denominator as double)
            end
        )
    )
