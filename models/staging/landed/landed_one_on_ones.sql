{{ landed('one_on_ones') }}
