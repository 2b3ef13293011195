{{ staged('contact_records') }}
