internal import PackCore
import XCTest

final class ConfigPlaceholder: XCTestCase {}
