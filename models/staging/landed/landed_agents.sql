{{ landed('agents') }}
