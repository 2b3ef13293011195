{{ staged('contact_lists') }}
