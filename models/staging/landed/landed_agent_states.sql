{{ landed('agent_states') }}
