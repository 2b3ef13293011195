-- One row per contact list: declared in the raw contact lists, or only named by a record or a call.
with declared as (
    select * from {{ ref('stg_contact_lists') }}
),

named as (
    select contact_list_id
    from {{ ref('stg_contact_records') }}
    union
    select contact_list_id
    from {{ ref('stg_calls') }}
    where contact_list_id is not null
),

final as (
    select
        coalesce(declared.contact_list_id, named.contact_list_id) as contact_list_id,
        declared.campaign_id,
        declared.supplied_at,
        cast({{ utc_to_local('declared.supplied_at', "'" ~ var('reporting_timezone') ~ "'") }} as date) as supplied_date,
        coalesce(declared.supplied_at <= run.as_of, true) as is_supplied,
        declared.contact_list_id is not null as is_declared
    from declared
    full outer join named
        on declared.contact_list_id = named.contact_list_id
    cross join {{ ref('int_run') }} as run
)

select * from final
