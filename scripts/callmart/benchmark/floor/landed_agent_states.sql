-- One row per landed agent state, typed and judged; typed files are read as they are, text files by the general route.
with typed as (
    select
        nullif(trim(agent_id), '') as agent_id,
        started_at at time zone 'UTC' as started_at,
        ended_at at time zone 'UTC' as ended_at,
        lower(nullif(trim(state), '')) as state,
        nullif(trim(queue_id), '') as queue_id,
        coalesce(nullif(trim(source_system), ''), 'default') as source_system,
        run_started_at,
        substr(path, {{root_length}} + 2) as _landed_file,
        file_row_number + 1 as _row
    from read_parquet({{typed_files}}, filename = 'path', hive_partitioning = false)
    cross join raw.run
),

judged as (
    select
        *,
        case
            when
                agent_id is null
                or started_at is null
                or state is null
                or state not in ('available', 'on_contact', 'wrap', 'break', 'training', 'meeting', 'other', 'offline')
                or started_at > ended_at
                or greatest(started_at, ended_at) > run_started_at
                then concat_ws(
                    '; ',
                    case when agent_id is null or started_at is null then 'no key' end,
                    case when state is null then 'required column empty: state' end,
                    case when state not in ('available', 'on_contact', 'wrap', 'break', 'training', 'meeting', 'other', 'offline') then 'value not allowed: state' end,
                    case when started_at > ended_at then 'wrong order: started_at after ended_at' end,
                    case when started_at > run_started_at then 'future instant: started_at' end,
                    case when ended_at > run_started_at then 'future instant: ended_at' end
                )
        end as _rejected_for
    from typed
)

select
    * exclude (run_started_at, _landed_file, _row, _rejected_for),
    cast(null as timestamp) as updated_at,
    _rejected_for,
    cast(null as varchar) as _nulled_for,
    _rejected_for as _record,
    _landed_file,
    _row
from judged
union all by name
select * from ({{general}}) as general
