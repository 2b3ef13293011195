{{ staged('customers') }}
