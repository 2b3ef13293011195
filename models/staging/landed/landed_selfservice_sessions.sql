{{ landed('selfservice_sessions') }}
