using System.CommandLine;

namespace Blip.Cli.Options;

/// <summary>A trace's subject: model, texts, and generation.</summary>
internal sealed class TraceBinding
{
    public TraceBinding(Command command)
    {
        Model = new ModelBinding(command, DemoModel.Captioning);
        foreach (var option in (Option[])[Output, Prompt, Question, Text])
            command.Add(option);
        Generation = new GenerationBinding(command);
    }

    public Option<string?> Output { get; } = OptionKinds.Text(
        "--output", "The file to write: safetensors with the reference's names. A trace that is there is replaced, no other file.", "FILE")
        .Written();

    public Option<string?> Prompt { get; } = OptionKinds.Text("--prompt", "For a captioner: words that the sentence begins with.", "TEXT");

    public Option<string?> Question { get; } = OptionKinds.Text("--question", "For a model that answers: the question.", "TEXT");

    public Option<string?> Text { get; } = OptionKinds.Text(
        "--text", "For a model that matches or compares: the text about the image, or about two.", "TEXT");

    public ModelBinding Model { get; }

    public GenerationBinding Generation { get; }
}
