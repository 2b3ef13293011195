{{ staged('email_sends') }}
