import { createProcedure, type Procedure, readProcedure, runProcedure, updateProcedure } from '@muster/contracts';
import { IconPlayerPlay } from '@tabler/icons-react';
import { useNavigate, useParams } from 'react-router';
import { useRead } from '../api/use-api';
import { useText } from '../messages/use-text';
import { useMay } from '../session/session-context';
import { LinkButton } from '../ui/link-button';
import { useNotify } from '../ui/use-notify';
import { Page } from '../ui/page';
import { Panel } from '../ui/panel';
import { Loaded } from '../ui/states';
import { When } from '../ui/when';
import { DeleteProcedure } from './delete-procedure';
import { ProcedureForm } from './procedure-form';
import { ProcedureView } from './procedure-view';
import { useSaveProcedure } from './use-save-procedure';
import { Permitted } from '../app/permitted';

export function NewProcedurePage() {
  return (
    <Permitted needs={createProcedure}>
      <NewProcedure />
    </Permitted>
  );
}

function NewProcedure() {
  const t = useText();
  const notify = useNotify();
  const navigate = useNavigate();
  const { save, error, pending } = useSaveProcedure(undefined, (saved) => {
    notify(t('procedures.saved', { name: saved.name }));
    void navigate(`/procedures/${saved.id}`);
  });
  return (
    <Page title={t('procedures.create')} parent={{ label: t('procedures.title'), to: '/procedures' }}>
      <Panel>
        <ProcedureForm onSave={save} error={error} pending={pending} cancelTo="/procedures" />
      </Panel>
    </Page>
  );
}

/** One procedure: to change by those who may, else to read. */
export function ProcedurePage() {
  const t = useText();
  const { id = '' } = useParams();
  const procedure = useRead(readProcedure, { params: { id } });
  if (procedure.data) return <KnownProcedure key={id} procedure={procedure.data} />;
  return (
    <Page title={t('procedures.procedure')} parent={{ label: t('procedures.title'), to: '/procedures' }}>
      <Panel>
        <Loaded query={procedure}>{() => null}</Loaded>
      </Panel>
    </Page>
  );
}

function KnownProcedure({ procedure }: { procedure: Procedure }) {
  const t = useText();
  const notify = useNotify();
  const may = useMay();
  const { save, error, pending } = useSaveProcedure(procedure.id, (saved) =>
    notify(t('procedures.saved', { name: saved.name })),
  );
  return (
    <Page
      title={procedure.name}
      parent={{ label: t('procedures.title'), to: '/procedures' }}
      aside={
        <span className="dim">
          {t('procedures.versionOf', { version: procedure.version, by: procedure.updatedBy })}{' '}
          <When at={procedure.updatedAt} />
        </span>
      }
      actions={
        <>
          {may(runProcedure) && (
            <LinkButton
              to={`/operations/run?procedure=${procedure.id}`}
              leftSection={<IconPlayerPlay size={16} aria-hidden />}
            >
              {t('procedures.run')}
            </LinkButton>
          )}
          <DeleteProcedure procedure={procedure} />
        </>
      }
    >
      <Panel>
        {may(updateProcedure) ? (
          <ProcedureForm
            key={procedure.version}
            procedure={procedure}
            onSave={save}
            error={error}
            pending={pending}
            cancelTo="/procedures"
          />
        ) : (
          <ProcedureView procedure={procedure} />
        )}
      </Panel>
    </Page>
  );
}
