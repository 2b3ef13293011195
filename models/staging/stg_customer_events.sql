{{ staged('customer_events') }}
