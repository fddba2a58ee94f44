/// Keys for tests, and for nothing else: everybody can read them here.
public enum TestKeys {
  public static let ecdsa = """
    -----BEGIN PRIVATE KEY-----
    MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgjZaAM+t+fiq55BN6
    zLOkSLSwwrN0Hy4nkoKAaSGLSJahRANCAASvOL6asiJpaUaq+oLjlK6JIm7KQPqK
    RCiw+EblkfDG7qcM+MTgWh9R4TMDeENinLVX/sr0V8f2P8+9c6ZsJz3b
    -----END PRIVATE KEY-----

    """
  public static let ecdsaPublic = """
    -----BEGIN PUBLIC KEY-----
    MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAErzi+mrIiaWlGqvqC45SuiSJuykD6
    ikQosPhG5ZHwxu6nDPjE4FofUeEzA3hDYpy1V/7K9FfH9j/PvXOmbCc92w==
    -----END PUBLIC KEY-----

    """
  public static let ed25519 = """
    -----BEGIN PRIVATE KEY-----
    MC4CAQAwBQYDK2VwBCIEIL9pF6lHTOmHQjg7wAWxrr2vE3h6yV9f7wun8URZRxQj
    -----END PRIVATE KEY-----

    """
  public static let ed25519Public = """
    -----BEGIN PUBLIC KEY-----
    MCowBQYDK2VwAyEASUIyHMbDZUuixKQUBAdnKjwzPgvHSRo1bHSpkO+oCeE=
    -----END PUBLIC KEY-----

    """
}
