{{ staged('one_on_ones') }}
