{{ staged('appointments') }}
