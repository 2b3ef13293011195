{{ connector_model() }}
-- One row per owner and list, with the primary team, or the only one.
with teams as (
    select
        exported._file,
        exported._row,
        max(case when {{ json_text('items.item', 'primary') }} = 'true' then {{ json_text('items.item', 'name') }} end) as primary_team,
        max({{ json_text('items.item', 'name') }}) as last_team,
        count(*) as teams
    from {{ source('hubspot', 'owners') }} as exported
    cross join lateral {{ json_items('exported.teams') }} as items
    group by exported._file, exported._row
)

select
    exported.id as owner_id,
    nullif({{ trimmed("coalesce(exported.firstname, '') || ' ' || coalesce(exported.lastname, '')") }}, '') as owner_name,
    coalesce(teams.primary_team, case when teams.teams = 1 then teams.last_team end) as team,
    exported.updatedat as updated_at,
    exported._file,
    exported._row,
    cast(null as {{ dbt.type_string() }}) as _left_out_for,
    cast(null as {{ dbt.type_string() }}) as _made_into_id
from {{ source('hubspot', 'owners') }} as exported
left join teams
    on
        exported._file = teams._file
        and exported._row = teams._row
