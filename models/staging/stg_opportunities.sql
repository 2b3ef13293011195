{{ staged('opportunities') }}
