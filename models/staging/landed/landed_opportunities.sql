{{ landed('opportunities') }}
