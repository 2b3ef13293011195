-- One row per finding, raw table and value found: what is unlike itself in the data, unmapped, refused or unexplained.
{#- Of every finding: how bad, the unit of observed and expected, and what to do in English and French. Here and in the text || joins what the data hold. -#}
{%- set findings = {
    'currency_without_rate': {
        'severity': 'warning', 'unit': none,
        'en': "'No rate from ' || found_value || ' to " ~ var('reporting_currency')
            ~ " on these days: the amounts count nowhere. Add it to exchange_rates.'",
        'fr': "'Aucun taux de ' || found_value || ' vers " ~ var('reporting_currency')
            ~ " ces jours-là : les montants ne comptent nulle part. Ajoutez-le à exchange_rates.'",
    },
    'unmapped_disposition': {
        'severity': 'warning', 'unit': none,
        'en': "'The code ' || found_value || ' is not in dispositions: the outcome of the call decides what it counts as. Describe it there.'",
        'fr': "'Le code ' || found_value || ' manque dans dispositions : le résultat de l’appel décide de ce qu’il compte. Décrivez-le là.'",
    },
    'unmapped_queue': {
        'severity': 'note', 'unit': none,
        'en': "'The queue ' || found_value || ' is not in the raw queues: it has no site, no hours of its own and the time zone of the reports. Add it there.'",
        'fr': "'La file ' || found_value || ' manque dans les files brutes : ni site, ni horaires propres, et le fuseau des rapports. Ajoutez-la.'",
    },
    'stale': {
        'severity': 'warning', 'unit': 'hours',
        'en': "'No new rows of ' || raw_table || ' for longer than ever in half a year: ask whoever delivers them.'",
        'fr': "'Aucune nouvelle ligne de ' || raw_table || ' depuis plus longtemps que jamais en six mois : demandez à qui les livre.'",
    },
    'volume_low': {
        'severity': 'warning', 'unit': 'rows',
        'en': "'Far fewer rows of ' || raw_table || ' than on the same weekdays before: look for a file that is missing or cut short.'",
        'fr': "'Bien moins de lignes de ' || raw_table || ' que les mêmes jours de semaine auparavant : cherchez un fichier manquant ou tronqué.'",
    },
    'volume_high': {
        'severity': 'warning', 'unit': 'rows',
        'en': "'Far more rows of ' || raw_table || ' than on the same weekdays before: look for rows sent twice under other keys.'",
        'fr': "'Bien plus de lignes de ' || raw_table
            || ' que les mêmes jours de semaine auparavant : cherchez des lignes envoyées deux fois sous d’autres clés.'",
    },
    'null_rate': {
        'severity': 'warning', 'unit': 'percent',
        'en': "'More good rows of ' || raw_table || ' without ' || found_value || ' than in any week before: ask what changed in the export.'",
        'fr': "'Plus de lignes de ' || raw_table || ' sans ' || found_value
            || ' que dans toute semaine précédente : demandez ce qui a changé dans l’export.'",
    },
    'rejection_rate': {
        'severity': 'warning', 'unit': 'percent',
        'en': "'More rows of ' || raw_table || ' rejected than in any week before: rejection_summary says why.'",
        'fr': "'Plus de lignes de ' || raw_table || ' rejetées que dans toute semaine précédente : rejection_summary dit pourquoi.'",
    },
    'rejected_rows': {
        'severity': 'note', 'unit': none,
        'en': "'Rejected: ' || found_value || '. The rows count nowhere until they are sent right.'",
        'fr': "'Rejeté : ' || found_value || '. Ces lignes ne comptent nulle part tant qu’elles ne sont pas renvoyées correctes.'",
    },
    'nulled_values': {
        'severity': 'note', 'unit': none,
        'en': "'Unreadable: ' || found_value || '. The rows are in use without that value.'",
        'fr': "'Illisible : ' || found_value || '. Les lignes comptent sans cette valeur.'",
    },
    'skipped_files': {
        'severity': 'warning', 'unit': none,
        'en': "'Files of ' || raw_table || ' were skipped: the build names them and says why. Send them again.'",
        'fr': "'Des fichiers de ' || raw_table || ' ont été ignorés : le traitement les nomme et dit pourquoi. Renvoyez-les.'",
    },
    'unexplained_difference': {
        'severity': 'warning', 'unit': 'calls',
        'en': "'The other system counts other ' || found_value || ' than here, and no rule explains it: see reconciliation for the days and queues.'",
        'fr': "'L’autre système compte d’autres ' || found_value
            || ' qu’ici, sans règle qui l’explique : voyez les jours et les files dans reconciliation.'",
    },
} %}
with reasons as (
    select
        case when reason like 'optional column not castable%' then 'nulled_values' else 'rejected_rows' end as finding,
        raw_table,
        reason as found_value,
        affected_rows
    from {{ ref('int_rejections__by_reason') }}
),

skipped as (
    select
        'skipped_files' as finding,
        raw_table,
        'files' as found_value,
        skipped_files as affected_rows
    from {{ ref('int_landings__counted') }}
    where skipped_files > 0
),

differences as (
    select
        'unexplained_difference' as finding,
        'vendor_figures' as raw_table,
        figure as found_value,
        min(figure_date) as first_date,
        max(figure_date) as last_date,
        count(*) as affected_rows,
        sum(theirs) as observed,
        sum(ours + explained) as expected
    from {{ ref('reconciliation') }}
    where unexplained <> 0
    group by figure
),

final as (
    select
        *,
        cast(null as double) as observed,
        cast(null as double) as expected
    from {{ ref('int_findings__values') }}
    {%- for relation in ['reasons', 'skipped'] %}
    union all
    select
        finding,
        raw_table,
        found_value,
        cast(null as date) as first_date,
        cast(null as date) as last_date,
        affected_rows,
        cast(null as double) as observed,
        cast(null as double) as expected
    from {{ relation }}
    {%- endfor %}
    {%- for relation in [ref('int_findings__volumes'), ref('int_findings__rates'), 'differences'] %}
    union all
    select
        finding,
        raw_table,
        found_value,
        first_date,
        last_date,
        affected_rows,
        observed,
        expected
    from {{ relation }}
    {%- endfor %}
)

select
    cast(finding as {{ dbt.type_string() }}) as finding,
    cast(raw_table as {{ dbt.type_string() }}) as raw_table,
    cast(found_value as {{ dbt.type_string() }}) as found_value,
    cast(first_date as date) as first_date,
    cast(last_date as date) as last_date,
    cast(affected_rows as bigint) as affected_rows,
    {%- for language in ['en', 'fr'] %}
    cast(case finding
        {%- for finding, told in findings.items() %}
        when '{{ finding }}' then {{ told[language] }}
        {%- endfor %}
    end as {{ dbt.type_string() }}) as what_to_do{{ '_fr' if language == 'fr' }},
    {%- endfor %}
    cast(case
        {%- for finding, told in findings.items() if told.severity == 'note' %}
        when finding = '{{ finding }}' then 'note'
        {%- endfor %}
        else 'warning'
    end as {{ dbt.type_string() }}) as severity,
    cast(observed as double) as observed,
    cast(expected as double) as expected,
    cast(case finding
        {%- for finding, told in findings.items() if told.unit %}
        when '{{ finding }}' then '{{ told.unit }}'
        {%- endfor %}
    end as {{ dbt.type_string() }}) as unit
from final
