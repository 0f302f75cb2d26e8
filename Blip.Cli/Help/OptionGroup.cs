namespace Blip.Cli.Help;

/// <summary>Groups of options, in the help's order.</summary>
internal enum OptionGroup
{
    Input,

    Output,

    Model,

    Device,

    /// <summary>Specific to the command.</summary>
    Task,

    /// <summary>Beam search and lengths.</summary>
    Search,

    Sampling,

    /// <summary>Which tokens are allowed.</summary>
    Rules,

    Attention,

    /// <summary>Which texts are kept.</summary>
    Selection,

    Cluster,

    Training,

    Optimizer,

    Measuring,

    Server,

    General,
}
