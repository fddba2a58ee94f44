import PackCore
import Glibc
@main struct Main { static func main() { puts("x \(sha())");  } }
