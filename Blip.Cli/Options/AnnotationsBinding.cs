using System.CommandLine;
using Blip.Evaluation;

namespace Blip.Cli.Options;

internal sealed class AnnotationsBinding
{
    private readonly Option<string> annotations = new("--annotations")
    {
        Description = "The data set's captions: COCO's captions_*.json, Karpathy's dataset_*.json, or BLIP's list.",
        HelpName = "FILE",
        Required = true,
    };

    private readonly Option<string> split = new("--split")
    {
        Description = "The part of Karpathy's file.",
        HelpName = "test|val|train|restval",
        DefaultValueFactory = _ => "test",
    };

    public AnnotationsBinding(Action<Option> add)
    {
        split.CompletionSources.Add("test", "val", "train", "restval");
        add(annotations);
        add(split);
    }

    /// <summary>Reads the file, and reports skipped entries.</summary>
    /// <exception cref="UsageException">It is unusable.</exception>
    public CaptionAnnotations Load(ParseResult parsed, Terminal terminal)
    {
        var data = Startup.Step(() => CaptionAnnotations.Load(parsed.GetRequiredValue(annotations), parsed.GetRequiredValue(split)));
        foreach (var notice in data.Notices)
            terminal.Note(notice);
        return data;
    }
}
