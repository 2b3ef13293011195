-- One row per call that an order, an appointment or a lead names by `as_of`: what came of it beside its disposition.
with named as (
    select
        orders.call_id,
        1 as orders,
        0 as appointments,
        0 as created_leads
    from {{ ref('stg_orders') }} as orders
    cross join {{ ref('int_run') }} as run
    where
        orders.call_id is not null
        and orders.ordered_at <= run.as_of
    union all
    select
        appointments.call_id,
        0 as orders,
        1 as appointments,
        0 as created_leads
    from {{ ref('stg_appointments') }} as appointments
    cross join {{ ref('int_run') }} as run
    where
        appointments.call_id is not null
        and appointments.booked_at <= run.as_of
    union all
    select
        leads.created_by_call_id as call_id,
        0 as orders,
        0 as appointments,
        1 as created_leads
    from {{ ref('stg_leads') }} as leads
    inner join {{ ref('int_leads__survivors') }} as survivors
        on leads.lead_id = survivors.lead_id
    where
        leads.created_by_call_id is not null
        and survivors.is_in_population
),

final as (
    select
        call_id,
        sum(orders) > 0 as is_named_by_order,
        sum(appointments) > 0 as is_named_by_appointment,
        cast(sum(created_leads) as bigint) as created_leads
    from named
    group by call_id
)

select * from final
