{{ staged('selfservice_sessions') }}
