import CGuest
@_cdecl("guest_main") public func guestMain() -> Int32 { cguest_pid() }
