internal import PackCore
import XCTest

final class ELFPlaceholder: XCTestCase {}
