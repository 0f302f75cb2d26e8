using System.CommandLine;

namespace Blip.Cli.Options;

/// <summary>A trace's subject: the model, the input words, and how its text is written.</summary>
internal sealed class TraceBinding
{
    /// <summary>Adds the options to a command.</summary>
    public TraceBinding(Command command)
    {
        Model = new ModelBinding(command, DemoModel.Captioning);
        foreach (var option in (Option[])[Output, Prompt, Question, Text])
            command.Add(option);
        Generation = new GenerationBinding(command);
    }

    /// <summary>The file of the trace.</summary>
    public Option<string?> Output { get; } = OptionKinds.Text(
        "--output", "The file to write: safetensors with the reference's names. A trace that is there is replaced, no other file.", "FILE");

    /// <summary>Words that a caption begins with.</summary>
    public Option<string?> Prompt { get; } = OptionKinds.Text("--prompt", "For a captioner: words that the sentence begins with.", "TEXT");

    /// <summary>A question.</summary>
    public Option<string?> Question { get; } = OptionKinds.Text("--question", "For a model that answers: the question.", "TEXT");

    /// <summary>A text beside the image.</summary>
    public Option<string?> Text { get; } = OptionKinds.Text("--text", "For a model that matches: the text beside the image.", "TEXT");

    /// <summary>Model, device and precision.</summary>
    public ModelBinding Model { get; }

    /// <summary>How text is written.</summary>
    public GenerationBinding Generation { get; }
}
