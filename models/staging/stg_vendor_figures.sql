{{ staged('vendor_figures') }}
