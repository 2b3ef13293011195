{# An instant as HubSpot writes it, ISO 8601 or milliseconds since 1970 -> text. #}
{% macro hubspot_instant(text) -%}
    case when {{ text }} like '%Z' then {{ text }} else {{ epoch_reading(text, 1000) }} end
{%- endmacro %}

{# The columns that every object has, of `exported`: its id, when it last changed, whether no later row of it is there, whether it is deleted:
   as of its last change, for what was deleted can be restored. #}
{% macro hubspot_object() -%}
        {{ first_folder('exported._file') }} as folder,
        exported.id as object_id,
        exported.updatedat as updated_at,
        {{ json_text('exported.properties', 'hubspot_owner_id') }} as owner_id,
        {{ json_text('exported.associations', 'contacts.results[0].id') }} as contact_id,
        exported._file,
        exported._row,
        row_number() over (
            partition by {{ first_folder('exported._file') }}, exported.id
            order by {{ parse_instant('exported.updatedat') }} desc nulls last, exported._file desc, exported._row desc
        ) as listing,
        first_value(coalesce(lower(exported.archived) = 'true', false)) over (
            partition by {{ first_folder('exported._file') }}, exported.id
            order by {{ parse_instant('exported.updatedat') }} desc nulls last, coalesce(lower(exported.archived) = 'true', false) desc
        ) as is_deleted
{%- endmacro %}
