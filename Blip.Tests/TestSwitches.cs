namespace Blip.Tests;

/// <summary>
/// The environment variables of the tests, read here and nowhere else. <c>docs/switches.md</c> lists them, with those of the product.
/// </summary>
internal static class TestSwitches
{
    /// <summary>1 writes approved files anew instead of comparing them.</summary>
    public const string Approve = "BLIP_APPROVE";

    /// <summary>The devices that kernel tests run on, comma-separated.</summary>
    public const string Devices = "BLIP_TEST_DEVICES";

    /// <summary><c>full</c> runs all goldens on the emulated device.</summary>
    public const string Emulated = "BLIP_EMULATED";

    /// <summary>Which planted faults are tried.</summary>
    public const string Faults = "BLIP_FAULTS";

    /// <summary>How many damaged copies each reader is given.</summary>
    public const string Fuzz = "BLIP_FUZZ";

    /// <summary>The seed of the damaged copies.</summary>
    public const string FuzzNumber = "BLIP_FUZZ_NUMBER";

    /// <summary>The one reader that is fuzzed.</summary>
    public const string FuzzReader = "BLIP_FUZZ_READER";

    /// <summary>Seconds that each reader is fuzzed for.</summary>
    public const string FuzzSeconds = "BLIP_FUZZ_SECONDS";

    /// <summary>The path of NVIDIA's assembler.</summary>
    public const string Ptxas = "BLIP_PTXAS";

    /// <summary>A folder with released models.</summary>
    public const string RealModels = "BLIP_REAL_MODELS";

    /// <summary>A folder for screenshots of the server's page.</summary>
    public const string Screenshots = "BLIP_SCREENSHOTS";

    /// <summary>A folder with the vocabulary of <c>bert-base-uncased</c>.</summary>
    public const string BertVocabulary = "BLIP_BERT_VOCAB";

    /// <summary><c>full</c> runs the tests that take long.</summary>
    public const string Tests = "BLIP_TESTS";

    /// <summary>The value of a switch; null where it is not set, or empty.</summary>
    public static string? Read(string name) => Environment.GetEnvironmentVariable(name) is { Length: > 0 } value ? value : null;
}
