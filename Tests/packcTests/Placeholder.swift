internal import PackCore
import XCTest

final class packcPlaceholder: XCTestCase {}
