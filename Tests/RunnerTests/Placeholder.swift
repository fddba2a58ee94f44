internal import PackCore
import XCTest

final class RunnerPlaceholder: XCTestCase {}
