{{ staged('web_visits') }}
