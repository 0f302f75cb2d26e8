namespace Blip.Cli.Help;

/// <summary>What options are about, in the order in which the help shows them.</summary>
internal enum OptionGroup
{
    /// <summary>Images, texts and data sets.</summary>
    Input,

    /// <summary>Files and formats that are written.</summary>
    Output,

    /// <summary>Which model.</summary>
    Model,

    /// <summary>Where it runs.</summary>
    Device,

    /// <summary>What a command's own task is made of.</summary>
    Task,

    /// <summary>The search for a sentence.</summary>
    Search,

    /// <summary>Sentences at random.</summary>
    Sampling,

    /// <summary>Which tokens may come.</summary>
    Rules,

    /// <summary>Where the model looked.</summary>
    Attention,

    /// <summary>Which texts are kept.</summary>
    Selection,

    /// <summary>Work in many processes.</summary>
    Cluster,

    /// <summary>How long a run learns, and in what steps.</summary>
    Training,

    /// <summary>Rates of the optimizer.</summary>
    Optimizer,

    /// <summary>What is measured.</summary>
    Measuring,

    /// <summary>Where a server listens, and within which limits.</summary>
    Server,

    /// <summary>Help, version, messages.</summary>
    General,
}
