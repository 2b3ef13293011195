{{ staged('agent_states') }}
