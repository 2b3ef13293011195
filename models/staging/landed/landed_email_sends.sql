{{ landed('email_sends') }}
