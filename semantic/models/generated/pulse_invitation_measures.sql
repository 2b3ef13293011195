-- Written by `python -m callmart.semantic --write`: change the catalogue or the measure model instead.
with whole as (
    select
        period_start as measure_date,
        max(cast(denominator as bigint)) filter (where kpi_id = 'pulse_participation_rate') as pulse_invitations,
        max(cast(numerator as bigint)) filter (where kpi_id = 'pulse_participation_rate') as answered_pulse_invitations
    from callmart.marts.kpi_values
    where
        grain = 'day'
        and scope_type = 'all'
        and kpi_id in ('pulse_participation_rate')
    group by period_start
),

parts as (
    select
        period_start as measure_date,
        scope_id as team,
        max(cast(denominator as bigint)) filter (where kpi_id = 'pulse_participation_rate') as pulse_invitations,
        max(cast(numerator as bigint)) filter (where kpi_id = 'pulse_participation_rate') as answered_pulse_invitations
    from callmart.marts.kpi_values
    where
        grain = 'day'
        and scope_type = 'team'
        and kpi_id in ('pulse_participation_rate')
    group by period_start, scope_id
),

sums as (
    select
        measure_date,
        sum(pulse_invitations) as pulse_invitations,
        sum(answered_pulse_invitations) as answered_pulse_invitations
    from parts
    group by measure_date
)

select
    measure_date,
    team,
    pulse_invitations,
    answered_pulse_invitations
from parts
union all
select
    whole.measure_date,
    null as team,
    whole.pulse_invitations - coalesce(sums.pulse_invitations, 0) as pulse_invitations,
    whole.answered_pulse_invitations - coalesce(sums.answered_pulse_invitations, 0) as answered_pulse_invitations
from whole
left join sums
    on whole.measure_date = sums.measure_date
where
    whole.pulse_invitations is distinct from sums.pulse_invitations
    or whole.answered_pulse_invitations is distinct from sums.answered_pulse_invitations
