{{ staged('survey_responses') }}
