internal import PackCore
import XCTest

final class CodecPlaceholder: XCTestCase {}
