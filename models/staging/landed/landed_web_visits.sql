{{ landed('web_visits') }}
