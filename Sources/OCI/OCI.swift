internal import PackCore
