{{ landed('vendor_figures') }}
