internal import PackCore
import XCTest

final class OCIPlaceholder: XCTestCase {}
