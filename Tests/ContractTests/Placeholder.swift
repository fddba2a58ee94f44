internal import PackCore
import XCTest

final class ContractPlaceholder: XCTestCase {}
