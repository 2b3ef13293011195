{{ landed('appointments') }}
