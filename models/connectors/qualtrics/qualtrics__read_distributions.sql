{{ connector_model() }}
-- One row per distribution and list. It became part of the invitations in its history; the first of them is named.
with invitations as (
    select
        folder,
        distribution_id,
        min(invitation_id) as invitation_id
    from {{ ref('qualtrics__read_distribution_history') }}
    where _left_out_for is null
    group by folder, distribution_id
)

select
    distributions.id as distribution_id,
    distributions._file,
    distributions._row,
    case when invitations.invitation_id is null then 'no invitation in the history is of this distribution' end as _left_out_for,
    invitations.invitation_id as _made_into_id
from {{ source('qualtrics', 'distributions') }} as distributions
left join invitations
    on
        {{ first_folder('distributions._file') }} = invitations.folder
        and distributions.id = invitations.distribution_id
