namespace Blip.Tests.Cli;

public class AdapterOptionTests
{
    private const string Model = "synthetic:tiny-square";

    private static readonly string Image = Path.Combine(AppContext.BaseDirectory, "weights", "samples", "00.png");
    private static readonly string Adapter = GoldenModel.Folder("lora");

    [Fact]
    public async Task A_caption_of_the_adapted_model_is_another_one()
    {
        string[] caption = ["caption", Image, "--model", Model, "--format", "jsonl", "--device", "cpu"];
        var plain = (await CliRun.Of(caption)).Succeeded();
        var adapted = (await CliRun.Of([.. caption, "--adapter", Adapter])).Succeeded();

        Assert.Contains("\"tokens\":[97,", plain, StringComparison.Ordinal);
        Assert.Contains("\"tokens\":[97,", adapted, StringComparison.Ordinal);
        Assert.NotEqual(plain, adapted);
    }

    [Theory]
    [InlineData("caption")]
    [InlineData("match")]
    [InlineData("ask")]
    [InlineData("embed")]
    [InlineData("index")]
    [InlineData("search")]
    [InlineData("trace")]
    [InlineData("eval caption")]
    [InlineData("eval vqa")]
    [InlineData("eval retrieval")]
    public async Task Every_command_that_loads_a_model_takes_an_adapter(string command) =>
        Assert.Contains("--adapter <DIR>", (await CliRun.Of([.. command.Split(' '), "--help"])).Succeeded(), StringComparison.Ordinal);

    [Fact]
    public async Task Bootstrapping_has_one_for_each_of_its_models()
    {
        var help = (await CliRun.Of("bootstrap", "run", "--help")).Succeeded();

        Assert.Contains("--captioner-adapter <DIR>", help, StringComparison.Ordinal);
        Assert.Contains("--filter-adapter <DIR>", help, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_adapter_that_is_not_there_or_of_another_model_is_refused()
    {
        (await CliRun.Of("caption", Image, "--model", Model, "--adapter", "no-such-folder"))
            .Refused("no-such-folder", "adapter_config.json");
        (await CliRun.Of("caption", Image, "--model", "synthetic:tiny-wide", "--adapter", Adapter, "--device", "cpu"))
            .Refused("adapter_model.safetensors", "another model's");
    }
}
