-- One row per KPI: whether the raw tables it needs hold anything, and which do not.
with needs as (
    select
        catalogue.kpi_id,
        parts.part as raw_table
    from {{ ref('kpi_catalogue') }} as catalogue
    cross join lateral {{ text_parts('catalogue.raw_tables', ' ') }}
),

checked as (
    select
        needs.kpi_id,
        case when coalesce(landings.staged_rows, 0) = 0 then needs.raw_table end as missing_table
    from needs
    left join {{ ref('landing_summary') }} as landings
        on needs.raw_table = landings.raw_table
),

final as (
    select
        kpi_id,
        count(missing_table) = 0 as is_available,
        {{ sorted_list('missing_table') }} as missing_tables
    from checked
    group by kpi_id
)

select
    cast(kpi_id as {{ dbt.type_string() }}) as kpi_id,
    cast(is_available as boolean) as is_available,
    cast(missing_tables as {{ dbt.type_string() }}) as missing_tables,
    cast(
        case when not is_available then 'No rows in: ' || missing_tables end as {{ dbt.type_string() }}
    ) as reason
from final
